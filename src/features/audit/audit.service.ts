import { Inject, Injectable, Logger } from '@nestjs/common';
import { createHmac } from 'node:crypto';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKey } from '../../config/derived-key.ts';
import { outsideTransaction } from '../../database/after-commit.ts';
import { currentRequest } from '../../logging/request-context.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import type {
  AuditDetails,
  AuditEventName,
  AuditFilter,
  AuditOrigin,
  AuditRow,
  ListedAuditEvent,
} from './audit-event.ts';
import { AuditRepository } from './audit.repository.ts';

export type { AuditDetails, AuditEventName, AuditFilter, ListedAuditEvent };
export { outcomes } from './audit-event.ts';

/** The auditor's book: who did what to whom, from where, in which request (ASVS 16.3). */
@Injectable()
export class AuditService {
  private readonly log = new Logger(AuditService.name);
  private readonly key: Buffer;

  constructor(
    private readonly events: AuditRepository,
    @Inject(configToken('service')) config: ServiceConfig,
  ) {
    this.key = derivedKey(config.secret ?? '', 'audit identifiers');
  }

  /** Writes down what is being done, in the transaction that does it. */
  async record(event: AuditEventName, details: AuditDetails = {}): Promise<void> {
    await this.write(event, 'success', details);
  }

  /**
   * Writes down the same of each of many rows, by the statement that changes them: `write` is given what the events have in
   * common, and tells how many it has written. One log line stands for all of them.
   */
  async recordEach<Written extends { readonly events: number }>(
    event: AuditEventName,
    details: AuditDetails,
    write: (row: AuditRow & AuditOrigin) => Promise<Written>,
  ): Promise<Written> {
    const row = rowOf(event, 'success', details);
    const written = await write({ ...row, ...origin() });
    if (written.events > 0) this.log.log({ audit: row, events: written.events }, event);
    return written;
  }

  /** Writes down what was refused. Call it outside of the transaction that the refusal rolls back. */
  async refuse(event: AuditEventName, details: AuditDetails = {}): Promise<void> {
    await this.write(event, 'failure', details);
  }

  /** The same from within the transaction that the refusal rolls back: written once that has ended. */
  async refuseBehind(event: AuditEventName, details: AuditDetails = {}): Promise<void> {
    await outsideTransaction(async () => {
      await this.refuse(event, details);
    });
  }

  /** What was written down, a page of it. */
  async list(filter: AuditFilter, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    return await this.events.list(filter, request);
  }

  async count(filter: AuditFilter): Promise<Total> {
    return await this.events.count(filter);
  }

  /** A stand-in for an address that nobody has: the same for every spelling of it, and it doesn't tell the address. */
  pseudonym(address: string): string {
    const spelling = address.toLowerCase().normalize('NFC');
    return createHmac('sha256', this.key).update(spelling).digest('base64url').slice(0, 22);
  }

  private async write(event: AuditEventName, outcome: 'success' | 'failure', details: AuditDetails): Promise<void> {
    const row = rowOf(event, outcome, details);
    await this.events.insert([{ ...row, ...origin() }]);
    this.log.log({ audit: row }, event);
  }
}

function rowOf(event: AuditEventName, outcome: 'success' | 'failure', details: AuditDetails): AuditRow {
  const request = currentRequest();
  return {
    event,
    outcome,
    actorId: details.actorId ?? request?.principalId ?? null,
    subjectId: details.subjectId ?? null,
    sessionId: details.sessionId ?? request?.sessionId ?? null,
    reason: details.reason ?? null,
  };
}

/** Where the request came from, if there is one; not said in the log again, whose lines name it anyway. */
function origin(): AuditOrigin {
  const request = currentRequest();
  return { ip: request?.ip ?? null, userAgent: request?.userAgent ?? null, requestId: request?.requestId ?? null };
}
