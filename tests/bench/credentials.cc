#include "tests/bench/credentials.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "tests/bench/check.h"

namespace silhouette::bench {
namespace {

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

void Require(bool worked) {
  if (!worked) Check(absl::InternalError("OpenSSL cannot make a certificate"));
}

std::string Pem(const std::function<int(BIO*)>& write) {
  const Owned<BIO> memory(BIO_new(BIO_s_mem()), BIO_free_all);
  Require(write(memory.get()) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<size_t>(length));
}

void AddExtension(int kind, const char* value, X509* certificate) {
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value),
                                        X509_EXTENSION_free);
  Require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Good for an hour.
Owned<X509> SelfSigned(EVP_PKEY* key) {
  Owned<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("bench"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  AddExtension(NID_basic_constraints, "critical,CA:TRUE", certificate.get());
  AddExtension(NID_subject_alt_name, "IP:127.0.0.1", certificate.get());
  Require(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace

Credentials Plaintext() {
  return {grpc::InsecureServerCredentials(), grpc::InsecureChannelCredentials()};
}

Credentials Tls() {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  Require(key != nullptr);
  const Owned<X509> certificate = SelfSigned(key.get());
  const std::string key_pem = Pem([&](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  const std::string certificate_pem =
      Pem([&](BIO* to) { return PEM_write_bio_X509(to, certificate.get()); });
  grpc::SslServerCredentialsOptions server;
  server.pem_key_cert_pairs.push_back({key_pem, certificate_pem});
  grpc::SslCredentialsOptions channel;
  channel.pem_root_certs = certificate_pem;
  return {grpc::SslServerCredentials(server), grpc::SslCredentials(channel)};
}

}  // namespace silhouette::bench
