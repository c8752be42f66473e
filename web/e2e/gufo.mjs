// The real server, in a folder of its own, on a free port.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = new URL('../../', import.meta.url).pathname;
const GUFO = process.env.GUFO_BIN ?? join(ROOT, 'server/target/gufo/bin/gufo');
const run = promisify(execFile);

/** The model that the tests chat with. */
export const DEMO = join(ROOT, 'models/demo-chat.gguf');

export class Gufo {
  constructor() {
    this.data = mkdtempSync(join(tmpdir(), 'gufo-web-'));
  }

  /** Makes a key and returns it. */
  async key(...options) {
    const { stdout } = await run(GUFO, ['keys', 'create', '--json', '--data-dir', this.data, ...options]);
    return JSON.parse(stdout.slice(stdout.indexOf('{'))).key;
  }

  /** Starts it and waits until it answers; `port` to come back where it was. */
  async start(options = [], port = 0, { models = join(ROOT, 'models'), environment = {} } = {}) {
    this.process = spawn(
      GUFO,
      ['serve', '--host', '127.0.0.1', '--port', String(port), '--models-dir', models, '--model', 'demo-chat', '--data-dir', this.data, ...options],
      { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, ...environment } },
    );
    this.out = '';
    this.process.stderr.on('data', (text) => {
      this.out += text;
    });
    this.url = await new Promise((resolve, reject) => {
      this.process.on('exit', (status) => reject(new Error(`gufo ended with ${status}: ${this.out}`)));
      this.process.stdout.on('data', (text) => {
        this.out += text;
        const found = /In a browser: (\S+)/.exec(this.out);
        if (found !== null) resolve(found[1]);
      });
    });
    this.port = Number(new URL(this.url).port);
    return this;
  }

  /** Ends it at once, as a crash would. */
  async kill() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.removeAllListeners('exit');
    this.process.once('exit', () => {});
    process.kill(-this.process.pid, 'SIGKILL');
    await Promise.race([ended, new Promise((resolve) => this.process.once('close', resolve))]);
  }

  async stop() {
    if (this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise((resolve) => this.process.once('close', resolve));
      this.process.removeAllListeners('exit');
      process.kill(this.process.pid, 'SIGTERM');
      await ended;
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}
