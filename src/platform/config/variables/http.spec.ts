import { describe, expect, it } from '@jest/globals';
import { errorsOf } from '../../../../test/harness/app/config.ts';
import { parseConfig } from '../config.ts';

describe('CORS_ORIGINS', () => {
  it.each([
    'https://app.example.com',
    'https://app.example.com:8443',
    'http://localhost:5173',
    'http://[::1]:5173',
    'https://xn--bcher-kva.example',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'http://tauri.localhost',
    'app://ui',
    'app://.',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc',
    'safari-web-extension://E3449EA7-EC25-4696-8E6C-DD648C6C7F24',
    'vscode-webview://0abc',
    'my-app+dev.2://host:1234',
  ])('may contain %s', (origin) => {
    expect(parseConfig({ CORS_ORIGINS: `https://first.example, ${origin}` }).http.corsOrigins).toEqual([
      'https://first.example',
      origin,
    ]);
  });

  const asSent =
    'must be written as browsers send it: in lower case, in ASCII, without the default port or a user name';
  const wildcard = 'has a wildcard: name each origin, such as https://app.example.com';
  const shape = 'must be scheme://host, such as https://app.example.com or capacitor://localhost';
  const end = 'must end after the host and its port, without a slash or a path';
  const noOrigin = 'has a scheme whose pages send no origin';

  it.each([
    ['https://*.example.app', wildcard],
    ['*', wildcard],
    ['http://localhost:*', wildcard],
    ['null', 'is null, which any sandboxed page sends: it identifies no origin'],
    ['app.example.com', shape],
    ['localhost:5173', shape],
    ['//app.example.com', shape],
    ['https://', shape],
    ['https:app.example.com', shape],
    ['file:///', shape],
    ['https://app.example.com/', end],
    ['https://app.example.com/login', end],
    ['https://app.example.com?a', end],
    ['https://app.example.com#a', end],
    ['capacitor://localhost/', end],
    ['https://app.example.com https://other.example.com', end],
    ['https://APP.example.com', asSent],
    ['HTTPS://app.example.com', asSent],
    ['https://app.example.com:443', asSent],
    ['http://app.example.com:80', asSent],
    ['https://bücher.example', asSent],
    ['https://user@app.example.com', asSent],
    ['https://app.example.com:99999', asSent],
    ['Capacitor://localhost', asSent],
    ['capacitor://local host', end],
    ['capacitor://user@localhost', asSent],
    ['ws://app.example.com', noOrigin],
    ['file://localhost', noOrigin],
    ['data://text', noOrigin],
  ])('is rejected in one line with the reason: %s', (origin, problem) => {
    expect(errorsOf({ CORS_ORIGINS: `https://first.example,${origin}` })).toEqual([`CORS_ORIGINS: entry 2 ${problem}`]);
  });

  it('reports each invalid entry by its number', () => {
    expect(errorsOf({ CORS_ORIGINS: 'null, https://app.example.com, https://other.example.com/' })).toEqual([
      'CORS_ORIGINS: entry 1 is null, which any sandboxed page sends: it identifies no origin',
      `CORS_ORIGINS: entry 3 ${end}`,
    ]);
  });
});
