/** `2` of `2(1)A`: the heading under which a clause stands. */
export const headingOf = (section: string): string => section.split('(', 1)[0] ?? section;
