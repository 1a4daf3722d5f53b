/** The invented property of the demo company: its number for those who administer it, its id for the tag. */
export const propertyNumber = '100000001';
export const measurementId = 'G-TSUBAME001';
