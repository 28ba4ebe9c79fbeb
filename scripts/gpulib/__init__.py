"""What scripts/measure_gpu.py is made of: what is measured (plan), by whom (a backend), and the table that it becomes."""
