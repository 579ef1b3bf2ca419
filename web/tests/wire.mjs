// A network between a browser and the server that can be cut: bytes go through, or nothing does.

import { connect, createServer } from 'node:net';

export class Wire {
  #sockets = new Set();
  #listener = null;
  #whole = true;
  url = '';

  /** To a server at `url()`, which may change. */
  async start(url) {
    this.#listener = createServer((near) => {
      if (!this.#whole) return near.destroy();
      const { hostname, port } = new URL(url());
      const far = connect(Number(port), hostname);
      for (const [one, other] of [[near, far], [far, near]]) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy()).on('close', () => { this.#sockets.delete(one); other.destroy(); });
      }
      return undefined;
    });
    await new Promise((ready) => { this.#listener.listen(0, '127.0.0.1', ready); });
    this.url = `http://127.0.0.1:${this.#listener.address().port}`;
  }

  cut() {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() { this.#whole = true; }

  /** Another network: what is open stays open, and nothing comes through it any more; what is opened from now on does. */
  change() {
    for (const socket of this.#sockets) socket.unpipe().resume();
  }

  async end() {
    this.cut();
    await new Promise((ended) => { this.#listener.close(ended); });
  }
}
