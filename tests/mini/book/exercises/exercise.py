EXERCISES = {"exercise-1": "well done"}
