//! Synthetic Azure Key Vault traffic.
