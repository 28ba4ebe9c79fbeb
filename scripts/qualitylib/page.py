def add_options(parser): pass
def main(args): return 0
