import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startServer, temporaryFolder } from './child.mjs';
import { debianRoot, findProgram } from './debian.mjs';

const advice =
  'the tests of keys held elsewhere need SoftHSM, OpenSC and PyKCS11: apt-get install softhsm2 opensc python3-pykcs11';
const find = (name, debian) => findProgram({ names: [name], debian, advice });

/** A fresh token of SoftHSM, keys in it, and our example agent before it at a Unix socket. */
export async function openToken() {
  const util = find('softhsm2-util', 'softhsm2');
  const tool = find('pkcs11-tool', 'opensc');
  const library = 'usr/lib/softhsm/libsofthsm2.so';
  const module = join(debianRoot({ name: 'softhsm2', file: library, advice }), library);
  const packages = 'usr/lib/python3/dist-packages';
  const bindings = debianRoot({ name: 'python3-pykcs11', file: `${packages}/PyKCS11/__init__.py`, advice });
  const folder = temporaryFolder('token');
  const at = (name) => join(folder, name);
  mkdirSync(at('tokens'));
  writeFileSync(at('softhsm2.conf'), `directories.tokendir = ${at('tokens')}\nobjectstore.backend = file\n`);
  writeFileSync(at('pin'), '1234\n');
  const paths = [util.env.LD_LIBRARY_PATH, tool.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const env = {
    ...process.env,
    SOFTHSM2_CONF: at('softhsm2.conf'),
    ...(paths ? { LD_LIBRARY_PATH: paths } : {}),
    PYTHONPATH: join(bindings, packages),
  };
  const run = (command, ...args) => {
    const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  };
  const token = ['--label', 'stile', '--pin', '1234', '--so-pin', '5678'];
  run(util.command, '--module', module, '--init-token', '--free', ...token);
  return {
    socket: at('agent.sock'),
    /** `type` as pkcs11-tool has it: rsa:2048, EC:prime256v1. */
    make(label, type) {
      const login = ['--module', module, '--token-label', 'stile', '--login', '--pin', '1234'];
      run(tool.command, ...login, '--keypairgen', '--key-type', type, '--label', label, '--usage-sign');
    },
    /** What the agent lists: a line for each key. */
    list: (...lines) => writeFileSync(at('keys'), `${lines.join('\n')}\n`),
    start: () =>
      startServer({
        name: 'the key agent',
        // Not what PATH says: the bindings are made for Debian's.
        command: existsSync('/usr/bin/python3') ? '/usr/bin/python3' : join(bindings, 'usr/bin/python3'),
        args: [
          ...[join(import.meta.dirname, '../../examples/key-agent/pkcs11.py'), '--module', module],
          ...['--token', 'stile', '--pin-file', at('pin'), '--keys', at('keys'), '--socket', at('agent.sock')],
        ],
        folder,
        env,
        // A socket that was left behind is there before anybody listens.
        ready: () =>
          new Promise((ok, failed) => {
            const socket = connect(at('agent.sock'), () => ok(socket.destroy())).on('error', failed);
          }),
      }),
  };
}
