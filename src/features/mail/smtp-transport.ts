import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { NodemailerError, Transporter } from 'nodemailer';
import type { MailConfig, QueueConfig, ServiceConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { isUnreachable, SmtpBusy, SmtpNotConfigured, SmtpUnavailable, toDeliveryError } from './delivery-errors.ts';
import { Dependencies } from '../../platform/resilience/dependencies.ts';
import type { Dependency } from '../../platform/resilience/dependency.ts';
import { DependencyUnavailable } from '../../platform/resilience/dependency.ts';
import type { RenderedMail } from './render-mail.ts';
import { SemaphoreFull, Semaphore } from '../../platform/async/semaphore.ts';

/** Where the email was delivered: to an SMTP server, or to the development mailbox. */
export type DeliveryTarget = 'server' | 'mailbox';

/** An email to deliver. */
export interface OutgoingMail {
  /** Forms the Message-ID, which identifies duplicates. */
  readonly jobId: string;
  readonly to: string;
  readonly rendered: RenderedMail;
}

/** Milliseconds; in total below the timeout of one job attempt. */
const timeouts = { dnsTimeout: 5000, connectionTimeout: 5000, greetingTimeout: 5000, socketTimeout: 10_000 };
const maxConnections = 3;

/** Delivers emails to the configured SMTP server. */
@Injectable()
export class SmtpTransport implements OnApplicationShutdown {
  /** Opened by the first delivery: processes that execute no jobs never load nodemailer. */
  private transport: Promise<Transporter> | undefined;
  private readonly connections: number;
  private readonly semaphore: Semaphore;
  private readonly server: Dependency;

  constructor(
    @Inject(configToken('mail')) private readonly mail: MailConfig,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
    @Inject(configToken('queue')) { concurrency }: QueueConfig,
    dependencies: Dependencies,
  ) {
    // Leaves two slots of a worker to other jobs.
    this.connections = Math.max(1, Math.min(maxConnections, concurrency - 2));
    this.semaphore = new Semaphore(this.connections);
    // The job queue repeats deliveries.
    this.server = dependencies.add('smtp', {
      isFailure: isUnreachable,
      opensAfter: 5,
      halfOpenAfterMs: 5000,
      retries: 0,
    });
    if (mail.smtpUrl === undefined && service.environment === 'production') {
      new Logger(SmtpTransport.name).warn('SMTP_URL is not set; emails fail after some hours of retries');
    }
  }

  /**
   * Delivers an email, or leaves it to the development mailbox.
   * @throws MailRejected, which is final; SmtpNotConfigured, SmtpFailed, SmtpBusy and SmtpUnavailable, which are retried
   */
  async deliver(mail: OutgoingMail, signal: AbortSignal): Promise<DeliveryTarget> {
    const { smtpUrl } = this.mail;
    if (smtpUrl === undefined) {
      if (this.service.environment === 'production') throw new SmtpNotConfigured();
      return 'mailbox';
    }
    const transport = await (this.transport ??= openTransport(smtpUrl, this.connections));
    try {
      await this.semaphore.run(async () => {
        const send = async (): Promise<unknown> => await transport.sendMail({ ...this.message(mail), signal });
        await this.server.call(send, { isIdempotent: false });
      }, signal);
      return 'server';
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SemaphoreFull) throw new SmtpBusy();
      if (error instanceof DependencyUnavailable) throw new SmtpUnavailable();
      throw toDeliveryError(error as NodemailerError);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    (await this.transport)?.close();
  }

  private message({ jobId, to, rendered }: OutgoingMail): object {
    const { language, subject, text, html } = rendered;
    return {
      messageId: `<${jobId}@${new URL(this.service.publicUrl).hostname}>`,
      from: this.mail.from,
      to: { name: '', address: to },
      subject,
      text,
      html,
      // Suppresses out-of-office responses (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    };
  }
}

async function openTransport(url: string, maxConnections: number): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    url,
    pool: true,
    maxConnections,
    // Replaces an idle connection that the server closed; the job queue handles other retries.
    maxRequeues: 1,
    ...timeouts,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // A failed delivery is reported to its caller; an event without a listener would end the process.
  transport.on('error', () => undefined);
  return transport;
}
