EXERCISES = {"live-1": 0.8712}
