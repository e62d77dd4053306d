"""The screen: it only folds events. The only code that knows Textual."""
