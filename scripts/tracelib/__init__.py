"""What make_trace.py and figures.py are made of. Shares no code with the simulator."""
