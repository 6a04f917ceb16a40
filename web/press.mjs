// The last step of the build: compresses what compresses, and lists in dist/files.json what the gateway may serve.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('./dist', import.meta.url));
const TEXT = /\.(html|js|css|svg)$/;
const LIST = 'files.json';

const files = readdirSync(dist, { recursive: true })
  .map((name) => join(dist, name))
  .filter((path) => statSync(path).isFile() && !/\.(br|gz)$/.test(path) && path !== join(dist, LIST))
  .sort();

for (const path of files) {
  if (!TEXT.test(path)) continue;
  const plain = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const pressed = { br: brotliCompressSync(plain, { params }), gz: gzipSync(plain, { level: 9 }) };
  for (const [kind, bytes] of Object.entries(pressed)) if (bytes.length < plain.length) writeFileSync(`${path}.${kind}`, bytes);
}
const names = files.map((path) => relative(dist, path).split(sep).join('/'));
writeFileSync(join(dist, LIST), JSON.stringify(names, null, 2) + '\n');
