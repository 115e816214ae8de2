"""Seals PDFs with the organization's own key, so that whoever holds one can see that no byte was changed since.

The seal is a PAdES certification signature that permits no change (ISO 32000-2, 12.8.2.2), by a self-signed
certificate: it proves that the paper left this organization's Anteroom as it is, not who the organization is.
"""

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from records.database import Connection, Tenant
from records.queries import beside

queries = beside(__file__)
field_name = "Seal"
reserved = 4096
"""Hexadecimal digits for the signature in the file; one of P-256 with its certificate takes about 2,300."""
a_century = timedelta(days=36_525)


@dataclass(frozen=True)
class SealingKey:
    """`certificate`: X.509, `private_key`: PKCS #8, both DER."""

    certificate: bytes
    private_key: bytes


async def key_of(connection: Connection, actor: Tenant) -> SealingKey:
    """The organization's key, made on its first use; of two first uses one makes it."""
    row = await queries.key(connection)
    if row is None:
        made = await asyncio.to_thread(_make_key, await queries.organization_name(connection))
        await queries.add_key(
            connection,
            organization_id=actor.organization_id,
            certificate=made.certificate,
            private_key=made.private_key,
        )
        row = await queries.key(connection)
    return SealingKey(row["certificate"], row["private_key"])


async def certificate_of(connection: Connection) -> bytes:
    """The certificate of the organization's key, DER; empty if nothing was ever sealed."""
    row = await queries.key(connection)
    return row["certificate"] if row else b""


async def seal(pdf: bytes, key: SealingKey, reason: str) -> bytes:
    """The PDF with its seal; `reason` is shown by PDF readers."""
    return await asyncio.to_thread(_seal, pdf, key, reason)


async def verify(pdf: bytes, certificate: bytes) -> str | None:
    """What is wrong with a sealed PDF, or None: it must bear one seal, made with this certificate (DER), that covers
    the whole file. Bytes of the seal itself that mean nothing are found by the file's SHA-256 (portal/proof.py)."""
    return await asyncio.to_thread(_verify, pdf, certificate)


def _make_key(organization: str) -> SealingKey:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, organization[:64])])
    now = datetime.now(UTC)
    signs_only = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + a_century)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(signs_only, critical=True)
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return SealingKey(certificate.public_bytes(der), private)


# pyhanko takes half a second to load, which no start of a server needs: hence inside.
def _seal(pdf: bytes, key: SealingKey, reason: str) -> bytes:
    from asn1crypto import keys, x509
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    certificate = x509.Certificate.load(key.certificate)
    signer = signers.SimpleSigner(certificate, keys.PrivateKeyInfo.load(key.private_key), SimpleCertificateStore())
    metadata = signers.PdfSignatureMetadata(
        field_name=field_name,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
    )
    out = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signers.PdfSigner(metadata, signer).sign_pdf(writer, bytes_reserved=reserved, output=out)
    return out.getvalue()


def _verify(pdf: bytes, certificate: bytes) -> str | None:
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        seals = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if len(seals) != 1:
            return f"bears {len(seals)} seals instead of one"
        return _verify_seal(seals[0], certificate)
    except Exception as error:
        # A parser that met bytes somebody changed may raise anything.
        return f"cannot be read ({type(error).__name__})"


def _verify_seal(seal: Any, certificate: bytes) -> str | None:
    from asn1crypto import x509
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    known = ValidationContext(trust_roots=[x509.Certificate.load(certificate)], allow_fetching=False)
    status = validate_pdf_signature(seal, known)
    if seal.signer_cert.dump() != certificate:
        return "was sealed with another key"
    if not (status.intact and status.valid and status.trusted):
        return "does not match its seal"
    return None if status.coverage == SignatureCoverageLevel.ENTIRE_FILE else "was added to after it was sealed"
