"""What evaluate_quality.py is made of. Only measure needs torch (model.py), and what walks heads pade.numeric; the rest is NumPy."""
