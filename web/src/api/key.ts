// Keys under which a call may be repeated without being done twice.

const BYTES = 16;

/** A fresh key. `crypto.randomUUID` would do, but is not there where the page came over plain HTTP from another machine. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, '0')).join('');
