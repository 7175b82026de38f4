import { describe, expect, it } from '@jest/globals';
import { Links } from './links.ts';

describe('Links', () => {
  it.each([
    ['https://api.example.com', '/v1/jobs', 'https://api.example.com/v1/jobs'],
    ['https://api.example.com/', '/v1/jobs', 'https://api.example.com/v1/jobs'],
    ['https://example.com:8443/backend', '/backend/v1/jobs', 'https://example.com:8443/backend/v1/jobs'],
    ['https://example.com/backend/', '/backend/v1/jobs', 'https://example.com/backend/v1/jobs'],
    ['http://[::1]:3000/a/b', '/a/b/v1/jobs', 'http://[::1]:3000/a/b/v1/jobs'],
    ['https://example.com/%C3%BC%20b', '/%C3%BC%20b/v1/jobs', 'https://example.com/%C3%BC%20b/v1/jobs'],
  ])('of %s are relative to its origin, or absolute', (publicUrl, path, url) => {
    const links = new Links(publicUrl);

    expect([links.path('/v1/jobs'), links.url('/v1/jobs')]).toEqual([path, url]);
  });
});
