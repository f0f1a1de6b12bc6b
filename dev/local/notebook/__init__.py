"""The sites of notebook instances, with real Jupyter servers behind them."""
