/** A time as the API says it (RFC 3339), of milliseconds since the epoch. */
export const instant = (ms: number): string => new Date(ms).toISOString();
