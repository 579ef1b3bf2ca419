// Lets the tests import the sources as they are: `node --import ./tests/typescript.mjs --test`.

import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
