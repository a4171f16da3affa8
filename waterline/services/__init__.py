"""What the delivery half of each AWS service lives in, one module or package per service, all of the same shape."""
