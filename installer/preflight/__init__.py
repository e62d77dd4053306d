"""From a recipe and machine facts to what would happen. Touches nothing."""
