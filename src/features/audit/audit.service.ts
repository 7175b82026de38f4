import { Inject, Injectable, Logger } from '@nestjs/common';
import { createHmac } from 'node:crypto';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKey } from '../../config/derived-key.ts';
import { currentRequest } from '../../logging/request-context.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import type { AuditDetails, AuditEventName, AuditFilter, ListedAuditEvent } from './audit-event.ts';
import { AuditRepository } from './audit.repository.ts';

export type { AuditFilter, ListedAuditEvent };

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

  /** Writes down what was refused. Call it outside of the transaction that the refusal rolls back. */
  async refuse(event: AuditEventName, details: AuditDetails = {}): Promise<void> {
    await this.write(event, 'failure', details);
  }

  /** What was written down about one user. */
  async list(filter: AuditFilter & { subjectId: string }, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    return await this.events.list(filter, request);
  }

  async count(filter: AuditFilter & { subjectId: string }): Promise<number> {
    return await this.events.count(filter);
  }

  /** A stand-in for an identifier that nobody has: the same every time, and it doesn't tell the identifier. */
  pseudonym(identifier: string): string {
    return createHmac('sha256', this.key).update(identifier).digest('base64url').slice(0, 22);
  }

  private async write(event: AuditEventName, outcome: 'success' | 'failure', details: AuditDetails): Promise<void> {
    const request = currentRequest();
    const row = {
      event,
      outcome,
      actorId: details.actorId ?? request?.principalId ?? null,
      subjectId: details.subjectId ?? null,
      sessionId: details.sessionId ?? request?.sessionId ?? null,
      reason: details.reason ?? null,
    };
    await this.events.insert({
      ...row,
      ip: request?.ip ?? null,
      userAgent: request?.userAgent ?? null,
      requestId: request?.requestId ?? null,
    });
    this.log.log({ audit: row }, event);
  }
}
