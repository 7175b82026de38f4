import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Session } from 'node:inspector/promises';
import { collectGarbage } from './idle-collection.ts';

describe('collectGarbage', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each(['connect', 'post'] as const)('logs a failure to %s, and does not throw', async (method) => {
    const failure = new Error('the inspector is not available');
    jest.spyOn(Session.prototype, method).mockImplementation(() => {
      throw failure;
    });
    const disconnect = jest.spyOn(Session.prototype, 'disconnect');
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);

    await expect(collectGarbage()).resolves.toBeUndefined();

    expect(disconnect).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith({ err: failure }, 'Garbage collection after the start failed');
  });

  it('collects without a warning', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn');

    await collectGarbage();

    expect(warn).not.toHaveBeenCalled();
  });
});
