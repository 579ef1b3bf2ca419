// Whether the device is dark: what is drawn on a canvas must be drawn anew when that changes.

class Scheme {
  dark = $state(false);

  constructor() {
    const query = matchMedia('(prefers-color-scheme: dark)');
    this.dark = query.matches;
    query.addEventListener('change', () => { this.dark = query.matches; });
  }
}

export const scheme = new Scheme();
