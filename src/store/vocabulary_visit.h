// What a vocabulary knows of attributes, for completion.
#pragma once

#include "store/part.h"
#include "store/rows.h"

namespace clew::store {

/// The keys of resources, scopes and spans.
void visit_vocabulary_attributes(const Vocabulary& vocabulary, const Part::AttributeVisitor& visit);

/// Their values, those in dictionaries. Literals, which hardly repeat, are left out.
void visit_vocabulary_values(const Vocabulary& vocabulary, std::optional<AttributeScope> scope,
                             std::string_view key, const Part::ValueVisitor& visit);

/// The keys in a value of a kEvents column. False if the visitor ended it.
bool visit_event_attributes(std::string_view events, const Part::AttributeVisitor& visit);

/// The same for the values under a key.
bool visit_event_values(std::string_view events, std::string_view key,
                        const Part::ValueVisitor& visit);

}  // namespace clew::store
