import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { BoundedMap } from '../../async/bounded-map.ts';
import { runOutsideRequest } from '../../logging/request-context.ts';
import { ActiveApiKeysRepository } from './active-api-keys.repository.ts';

const intervalMs = 60_000;
const maxKeys = 10_000;

/** Records the time of the last use of API keys, for each key once a minute at most. No request waits for it. */
@Injectable()
export class ApiKeyUsage implements BeforeApplicationShutdown {
  private readonly log = new Logger(ApiKeyUsage.name);
  private readonly recordedAt = new BoundedMap<string, number>(maxKeys);
  private readonly writes = new Set<Promise<void>>();

  constructor(private readonly repository: ActiveApiKeysRepository) {}

  record(apiKeyId: string): void {
    const now = performance.now();
    if (now - (this.recordedAt.get(apiKeyId) ?? -Infinity) < intervalMs) return;
    this.recordedAt.set(apiKeyId, now);
    const write = runOutsideRequest(async () => {
      await this.write(apiKeyId);
    });
    this.writes.add(write);
    void write.finally(() => this.writes.delete(write));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.writes);
  }

  private async write(apiKeyId: string): Promise<void> {
    try {
      await this.repository.updateLastUsed(apiKeyId);
    } catch (error) {
      this.log.warn({ err: error, apiKeyId }, 'Update of the last use of an API key failed');
    }
  }
}
