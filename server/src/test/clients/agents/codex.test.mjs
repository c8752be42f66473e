// Codex against a running Gufo with the demo model, whose context is shorter than Codex' first prompt: it has to understand that.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('Codex knows that its context is full', () => {
  const home = mkdtempSync(join(tmpdir(), 'gufo-codex-'));
  try {
    const folder = join(home, '.codex');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.toml'), `
model = "demo-chat"
model_provider = "gufo"
approval_policy = "never"
sandbox_mode = "read-only"

[model_providers.gufo]
name = "gufo"
base_url = "${process.env.GUFO_BASE_URL}"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[analytics]
enabled = false
`);
    const codex = spawnSync('node_modules/.bin/codex', ['exec', '--skip-git-repo-check', '-C', home, 'Say hello'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: home, CODEX_HOME: folder },
      input: '',
      timeout: 120_000,
    });
    assert.match(codex.stdout + codex.stderr, /ran out of room in the model's context window/);
  } finally {
    rmSync(home, { recursive: true });
  }
});
