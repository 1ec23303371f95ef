"""Grid menus, household orders, one staging depot, and delivery tickets bound to one grid."""
