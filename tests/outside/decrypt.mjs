// Decrypts the body of a Web Push as a browser does, with an implementation that is not ours. Argument: JSON of { key, auth, body },
// the device's private key, its secret and the body, all in base64url. Without one: makes a device and prints it.

import { createECDH, randomBytes } from 'node:crypto';
import ece from 'http_ece';

const device = createECDH('prime256v1');
if (process.argv[2]) {
  const { key, auth, body } = JSON.parse(process.argv[2]);
  device.setPrivateKey(key, 'base64url');
  const text = ece.decrypt(Buffer.from(body, 'base64url'), { version: 'aes128gcm', privateKey: device, authSecret: auth });
  process.stdout.write(text);
} else {
  device.generateKeys();
  const [key, p256dh] = [device.getPrivateKey('base64url'), device.getPublicKey('base64url')];
  console.log(JSON.stringify({ key, p256dh, auth: randomBytes(16).toString('base64url') }));
}
