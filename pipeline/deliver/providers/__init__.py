"""Mail providers, one module each, behind `pipeline.deliver.provider.Provider`."""
