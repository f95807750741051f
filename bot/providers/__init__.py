"""The image gateways: one file per wire dialect, the rest of what they have in common is data."""
