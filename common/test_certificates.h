#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace silhouette {

// Certificates for tests, made on the spot: of localhost and 127.0.0.1, from a day ago on.
class TestAuthority {
 public:
  struct Pair {
    std::string certificate, key;  // PEM
  };

  explicit TestAuthority(const std::string& name) : key_(MakeKey()) {
    certificate_ = Make(name, key_.get(), nullptr, 3650);
  }

  std::string certificate() const { return CertificateText(certificate_.get()); }

  // Signed by this one; holds until `days` from now.
  Pair Sign(const std::string& name, int days = 30) const {
    const Key key = MakeKey();
    const Certificate made = Make(name, key.get(), certificate_.get(), days);
    return {CertificateText(made.get()), KeyText(key.get())};
  }

 private:
  using Key = std::shared_ptr<EVP_PKEY>;
  using Certificate = std::shared_ptr<X509>;
  static constexpr long kDay = 24 * 3600;

  static Key MakeKey() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

  // `issuer` null: signed by itself, and may sign others.
  Certificate Make(const std::string& name, EVP_PKEY* key, X509* issuer, int days) const {
    static long serial = 1;
    Certificate made(X509_new(), &X509_free);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -kDay);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), days * kDay);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    if (issuer == nullptr) issuer = made.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
    const bool is_authority = issuer == made.get();
    Extend(made.get(), is_authority ? NID_basic_constraints : NID_subject_alt_name,
           is_authority ? "critical,CA:TRUE" : "DNS:localhost,IP:127.0.0.1");
    X509_sign(made.get(), is_authority ? key : key_.get(), EVP_sha256());
    return made;
  }

  static void Extend(X509* certificate, int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static std::string Text(BIO* bio) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string copy(text, static_cast<size_t>(size));
    BIO_free(bio);
    return copy;
  }
  static std::string CertificateText(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    return Text(bio);
  }
  static std::string KeyText(EVP_PKEY* key) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    return Text(bio);
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace silhouette
