"""Recognition of many files: inputs, rows, tables, copies and timelines."""
