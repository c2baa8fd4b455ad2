"""The rulebook: packs, rules and limit tables read, checked, compiled and kept."""
