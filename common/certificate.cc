#include "common/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Bio Over(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

// Null at the text's end, and where it is damaged.
Certificate Next(BIO* bio) {
  return {PEM_read_bio_X509_AUX(bio, nullptr, nullptr, nullptr), &X509_free};
}

Key ReadKey(const std::string& pem) {
  const Bio bio = Over(pem);
  // Without this, OpenSSL would ask for a password on the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
  ERR_clear_error();
  return key;
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string SubjectOf(const X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "(no subject)";
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<CertificateFacts> ReadCertificate(const std::string& pem) {
  const Bio bio = Over(pem);
  const Certificate first = Next(bio.get());
  bool rest_is_sound = true;
  while (rest_is_sound && Next(bio.get()) != nullptr) {
  }
  if (first != nullptr)
    rest_is_sound = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (first == nullptr) return absl::InvalidArgumentError("holds no certificate; give a PEM file");
  if (!rest_is_sound) {
    return absl::InvalidArgumentError(
        "holds a damaged certificate behind the first; write the file again");
  }
  return CertificateFacts{SubjectOf(first.get()), ToTime(X509_get0_notBefore(first.get())),
                          ToTime(X509_get0_notAfter(first.get()))};
}

absl::Status CheckHolds(const CertificateFacts& facts, absl::Time now) {
  if (now > facts.to) {
    return absl::FailedPreconditionError(absl::StrCat("the certificate of ", facts.subject,
                                                      " expired on ", Day(facts.to), "; renew it"));
  }
  if (now < facts.from) {
    return absl::FailedPreconditionError(
        absl::StrCat("the certificate of ", facts.subject, " holds from ", Day(facts.from),
                     " on, and it is ", Day(now), "; wait, or set this machine's clock"));
  }
  return absl::OkStatus();
}

absl::Status CheckKey(const std::string& pem) {
  if (ReadKey(pem) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "holds no private key, or one under a password; give it as PEM without password");
}

bool KeyFits(const std::string& key_pem, const std::string& certificate_pem) {
  const Bio bio = Over(certificate_pem);
  const Certificate certificate = Next(bio.get());
  const Key key = ReadKey(key_pem);
  const bool fits = certificate != nullptr && key != nullptr &&
                    X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace silhouette
