// Filter the list of claims (see ledger.py). Without it the list is whole.
(() => {
  const list = document.querySelector(".ledger");
  const rows = [...list.querySelectorAll(":scope > details")];
  const text = (row, selector) => row.querySelector(selector)?.textContent.trim() ?? "";
  const controls = document.createElement("form");
  controls.className = "ledger-controls";
  controls.addEventListener("submit", (event) => event.preventDefault());
  const add = (name, field) => {
    const label = document.createElement("label");
    label.append(name, field);
    controls.append(label);
    field.addEventListener("input", show);
    return field;
  };
  const choice = (name, values) => {
    const select = document.createElement("select");
    select.append(new Option("all", ""), ...values.map((value) => new Option(value)));
    return add(name, select);
  };
  const unique = (values) => [...new Set(values)];
  const verdict = choice("Verdict", unique(rows.map((row) => text(row, "summary .verdict"))));
  const words = document.createElement("input");
  words.type = "search";
  add("Words", words);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Open all";
  button.addEventListener("click", () => {
    const open = button.textContent === "Open all";
    for (const row of rows) row.open = open;
    button.textContent = open ? "Close all" : "Open all";
  });
  const count = document.createElement("output");
  controls.append(button, count);

  function show() {
    const wanted = words.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const content = row.textContent.toLowerCase();
      row.hidden = !(
        (!verdict.value || text(row, "summary .verdict") === verdict.value) &&
        wanted.every((word) => content.includes(word))
      );
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} claims`;
  }

  // A link to a claim opens it.
  const open = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (row?.matches(".ledger-row")) row.open = true;
  };
  addEventListener("hashchange", open);
  open();
  list.before(controls);
  show();
})();
