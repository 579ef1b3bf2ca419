// Going to a provider of sign-ins and coming back. An answer counts only in the tab that asked for it: a stranger's link could else
// sign one in as the stranger, or tie the stranger's account there to one's own.

const STORE = 'mazad.provider';

export const startOf = (name: string): string => `/api/v1/auth/oidc/${encodeURIComponent(name)}/start`;

/** Somebody follows the way to this provider. */
export function goTo(name: string): void {
  sessionStorage.setItem(STORE, name);
}

/** Whether this tab asked this provider; once. */
export function cameFrom(name: string): boolean {
  const asked = sessionStorage.getItem(STORE);
  sessionStorage.removeItem(STORE);
  return asked === name;
}
