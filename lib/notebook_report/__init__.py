"""A folder of numbered notebooks, run and written as one HTML and one PDF.

Works on any notebooks: `python -m notebook_report build report.toml` runs and merges several, and
`jupyter nbconvert --to report_html` (or `report_pdf`) exports one.
"""
