import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { Feature } from '../../platform/feature/feature.ts';
import type { Config } from '../../platform/config/config.ts';
import { SmtpTransport } from './smtp-transport.ts';
import { MailRenderer } from './mail-renderer.ts';
import { MailRepository } from './mail.repository.ts';
import { MailService } from './mail.service.ts';
import { MailboxView } from './mailbox.view.ts';
import { MailboxController } from './mailbox.controller.ts';
import { EmailLinksService } from './email-links.service.ts';
import { OneTimeTokensModule } from '../auth/one-time-tokens/index.ts';
import { SendMailJob } from './send-mail.job.ts';

/** Emails, their delivery and the one-time tokens in them. */
@Module({
  imports: [
    OneTimeTokensModule,
    Feature.declare({
      retention: [
        { table: 'mails', expired: "sent_at < now() - interval '30 days'", orderBy: 'sent_at' },
        {
          table: 'mails',
          expired: "sent_at IS NULL AND created_at < now() - interval '60 days'",
          orderBy: 'created_at',
        },
      ],
    }),
  ],
  providers: [MailRepository, SmtpTransport, MailService, MailRenderer, EmailLinksService, SendMailJob],
  exports: [MailService, MailRenderer, EmailLinksService, OneTimeTokensModule],
})
export class MailModule {}

/** The mailbox page of development; absent in production and when SMTP_URL is set. */
@Module({})
export class MailboxModule {
  static forRoot({ service, mail }: Pick<Config, 'service' | 'mail'>): DynamicModule {
    if (service.environment === 'production' || mail.smtpUrl !== undefined) return { module: MailboxModule };
    return { module: MailboxModule, imports: [MailModule], controllers: [MailboxController], providers: [MailboxView] };
  }
}
