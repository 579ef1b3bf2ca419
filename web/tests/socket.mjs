/** A socket that does nothing by itself: tests say what it hears, and see what was sent. */
export class FakeSocket {
  static all = [];
  constructor(url) { this.url = url; this.readyState = 0; this.sent = []; FakeSocket.all.push(this); }
  open() { this.readyState = 1; this.onopen(); }
  send(text) { this.sent.push(JSON.parse(text)); }
  hear(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
  close(code = 1005) { this.readyState = 3; this.onclose?.({ code, reason: '' }); }
  said(type) { return this.sent.filter((frame) => frame.type === type); }
}
