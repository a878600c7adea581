"""The words of recipes: one class for each optimizer, schedule, loss, data source, augmentation."""
