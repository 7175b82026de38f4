import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/index.ts';
import { CsrfProtection } from './csrf-protection.ts';
import { RefreshCookie } from './refresh-token.cookie.ts';

/** Refresh tokens in cookies, for browsers (cookie mode). */
@Module({ imports: [SessionsModule], providers: [CsrfProtection, RefreshCookie], exports: [RefreshCookie] })
export class TokenDeliveryModule {}
