import { beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { runBlocks, shellBlocks } from '../harness/process/shell.ts';

const timeoutMs = 180_000;

function read(file: string): string {
  return fs.readFileSync(join(root, file), 'utf8');
}

/** Replaces the value that the tour prints, on the line that sets it. */
function withValue(blocks: readonly string[], variable: string, value: string): string[] {
  const line = new RegExp(`^${variable}=.*$`, 'm');
  expect(blocks.filter((block) => line.test(block))).toHaveLength(1);
  return blocks.map((block) => block.replace(line, () => `${variable}='${value}'`));
}

/** The lines of JSON that a block printed. */
function replies(output: string | undefined): unknown[] {
  const lines = (output ?? '').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe("The README's tour", () => {
  let printed: string[] = [];

  beforeAll(async () => {
    const service = ServiceProcess.start(temporaryFolder());
    const url = await service.url();
    const [, password = ''] = await service.waitForOutput(/password: (\S+)/);
    const tour = shellBlocks(read('README.md'), 'A two-minute tour');
    printed = await runBlocks(withValue(withValue(tour, 'BASE', url), 'ADMIN_PASSWORD', password));
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  }, timeoutMs);

  it('registers', () => {
    expect(printed[1]?.trim()).toBe('{"status":"accepted"}');
  });

  it('finds the link in the mailbox and uses its token', () => {
    expect(printed[2]).toMatch(/^http:\/\/localhost:\d+\/account\/verify-email\?token=[\w-]{43}\n$/);
    expect(printed[3]).toBe('204\n');
  });

  it('logs in and reads the current user', () => {
    expect(replies(printed[4])).toMatchObject([
      { email: 'ada@example.com', emailVerified: true, displayName: 'Ada Lovelace', status: 'active', permissions: [] },
    ]);
  });

  it('lists users as the administrator', () => {
    expect(replies(printed[6])).toMatchObject([
      { data: [{ email: 'ada@example.com' }], page: { next: expect.any(String), prev: null, hasMore: true } },
    ]);
  });

  it('exports the users, streams the progress and downloads the file', () => {
    const events = [...(printed[7] ?? '').matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data = '']) => ({
      event,
      data: JSON.parse(data) as unknown,
    }));
    expect(events[0]).toMatchObject({ event: 'state', data: { state: 'queued' } });
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { state: 'succeeded' } });
    const progress = { event: 'progress', data: { at: expect.any(String), done: 2, total: 2 } };
    expect(events).toContainEqual(progress);
    const [head, ...rows] = (printed[8] ?? '').trim().split(/\r?\n/);
    expect(head).toMatch(/^id,email,/);
    expect(rows.map((row) => row.split(',')[1]).sort()).toEqual(['ada@example.com', 'admin@example.com']);
  });

  it('shows an error and its explanation', () => {
    const [problem, explanation] = replies(printed[9]);
    expect(problem).toMatchObject({
      type: '/problems/invalid-parameter',
      status: 400,
      errors: expect.arrayContaining([
        expect.objectContaining({ parameter: 'limit' }),
        expect.objectContaining({ parameter: 'colour' }),
      ]),
    });
    expect(explanation).toMatchObject({ type: '/problems/invalid-parameter', resolution: expect.any(String) });
    expect(printed).toHaveLength(10);
  });
});

describe('The documents', () => {
  const guides = fs.readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const pages = [
    ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
    ...guides.filter((file) => file.endsWith('.md')).map((file) => join('docs', file)),
  ];

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, script = '']) => `${page}: ${script}`),
    );

    expect(named.filter((mention) => !Object.hasOwn(scripts, mention.split(': ')[1] ?? ''))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });

  it('link only to files that exist', () => {
    const links = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ page, target })),
    );
    const relative = links.filter(({ target }) => !/^([a-z]+:|#|\/)/.test(target));
    const files = relative.map(({ page, target }) => ({ page, file: target.replace(/#.*$/, '') }));

    expect(files.filter(({ page, file }) => !fs.existsSync(join(root, dirname(page), file)))).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
  });
});
