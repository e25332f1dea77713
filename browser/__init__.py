"""The page that recognizes in the browser, and what builds it."""
