// Sort and filter the table of claims (see ledger.py). Without it the table is whole.
(() => {
  const table = document.querySelector("table.ledger");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const order = new Map(rows.map((row, index) => [row, index]));
  const text = (row, selector) => row.querySelector(selector)?.textContent.trim() ?? "";
  const filters = [
    ["Verdict", "td:last-child strong"],
    ["Chapter", ".ledger-page"],
    ["Numbers", ".ledger-tier"],
  ];

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
  const selects = filters.map(([name, selector]) => {
    const select = document.createElement("select");
    const found = [...new Set(rows.map((row) => text(row, selector)))];
    select.append(new Option("all", ""), ...found.map((value) => new Option(value)));
    return [add(name, select), selector];
  });
  const words = document.createElement("input");
  words.type = "search";
  add("Words", words);
  const count = document.createElement("output");
  controls.append(count);

  function show() {
    const wanted = words.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const content = row.textContent.toLowerCase();
      row.hidden = !(
        selects.every(([field, selector]) => !field.value || text(row, selector) === field.value) &&
        wanted.every((word) => content.includes(word))
      );
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} claims`;
  }

  const compare = new Intl.Collator("en", { numeric: true }).compare;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.querySelector("p").childNodes);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.ariaSort === "ascending";
      for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
      head.ariaSort = down ? "descending" : "ascending";
      // Claims stand in the order of the sources, which is not that of the alphabet.
      const key = (row) => (column ? row.cells[column].textContent.trim() : `${order.get(row)}`);
      rows.sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)));
      body.append(...rows);
    });
  });
  table.tHead.rows[0].cells[0].ariaSort = "ascending";

  table.before(controls);
  show();
})();
