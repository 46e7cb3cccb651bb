"""What two chapters of the book use, or what would hide the lesson if it were shown there."""

import os

# Both must stand before TensorFlow is first imported, which nothing here does by itself.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
