/** The IANA names of all time zones, UTC first: not every browser lists it. */
export const timeZones: readonly string[] = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];
