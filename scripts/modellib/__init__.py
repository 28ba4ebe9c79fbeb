"""Loads language models as data files and hooks their attention. Needs torch and transformers (scripts/requirements-models.txt),
which are imported only when a model is loaded."""
