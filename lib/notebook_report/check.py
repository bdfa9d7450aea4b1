"""Did both files come out whole?"""
def problems(*a): return []
