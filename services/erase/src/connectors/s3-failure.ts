import { S3ServiceException } from '@aws-sdk/client-s3';
import { types } from 'node:util';
import { ConnectorError } from './connector.ts';

const credentials = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'CredentialsProviderError',
  // Of the gateway that stands for S3 in front of a folder.
  'XAdminUserNotFound',
]);

/**
 * What to do where S3 does not do what it is asked. S3's own messages may quote a key, so they go no further.
 *
 * @param settings names of the settings that hold the credentials
 */
export function explained(error: unknown, settings: readonly string[]): unknown {
  if (error instanceof ConnectorError || !types.isNativeError(error)) return error;
  const { name } = error;
  if (credentials.has(name)) {
    const where = settings.length === 0 ? 'those that the SDK finds' : settings.join(' or ');
    return new ConnectorError(
      'credentials',
      `s3 refuses the credentials (${name}): renew ${where} in the environment of erase and restart it; the task is tried again`,
    );
  }
  if (name === 'TimeoutError') return new ConnectorError('timeout', 's3 has not answered in time');
  if (!(error instanceof S3ServiceException)) return error;
  switch (name) {
    case 'NoSuchBucket':
      return new ConnectorError('bucket', 's3 has no such bucket: correct it in the register of holders');
    case 'AccessDenied':
      return new ConnectorError(
        'denied',
        's3 denies access: erasing needs the rights s3:ListBucketVersions, s3:ListBucketMultipartUploads, s3:AbortMultipartUpload, s3:DeleteObjectVersion, s3:GetObjectRetention and s3:GetObjectLegalHold, exporting s3:GetObjectVersion, suspending s3:GetObjectTagging and s3:PutObjectTagging',
      );
    case 'RequestTimeTooSkewed':
      return new ConnectorError('clock', 's3 refuses the time of our clock: set it');
    default:
      return new ConnectorError('s3', `s3 ${name}`);
  }
}
